from tests.properties import register_profiles

register_profiles()
