"""What each feed's first and fiftieth page cost, and what it costs to publish to a million followers."""
