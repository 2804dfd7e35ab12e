"""What stands between the network and the graph: pure-ASGI middlewares, each one rule, put in order by ``stack``."""
