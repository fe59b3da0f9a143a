"""Who sells, hands over and repairs cars for a maker: appointed by whom, for what, since when.

A partner is anybody who may stand on the seller's side of an order: dealer, agent and workshop at once, for
several brands and principals, and a maker where it sells itself. Its chapters are imported one by one, for
`facts` is asked by the markets, which the chapters themselves depend on.
"""
