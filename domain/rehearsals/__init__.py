"""What a switch of distribution model would do to the orders that there are, before anybody signs it. Pure."""
