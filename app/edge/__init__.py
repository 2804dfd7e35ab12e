"""What stands between the network and the graph: one rule in each module, applied in one pass by ``stack``."""
