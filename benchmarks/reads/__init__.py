"""What a read costs: Easel, the floor of one hand-written statement, and other GraphQL servers over the same rows."""
