"""Subscriptions: followed once for all who are told the same, over WebSockets, server-sent events and multipart."""
