"""How many examples: `make test` takes the ordinary number, `make test-long` 25 times as many (``--hypothesis-profile=long``)."""

from hypothesis import HealthCheck, settings

settings.register_profile("ordinary", max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("long", settings.get_profile("ordinary"), max_examples=2500)
settings.load_profile("ordinary")
