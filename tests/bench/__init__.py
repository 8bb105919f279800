"""Speed, as ratios measured in one run: `script/bench NAME`. Never part of the tests."""
