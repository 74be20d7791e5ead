"""What the tests of calls are made of."""
