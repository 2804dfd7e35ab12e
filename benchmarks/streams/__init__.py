"""What a stream costs and how soon it tells: Easel beside other GraphQL servers, thousands of watchers at once."""
