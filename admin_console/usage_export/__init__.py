"""How far usage has been exported to billing systems."""
