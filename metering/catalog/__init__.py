"""What can be bought: plans, models, prices and providers, and the YAML file that describes them."""
