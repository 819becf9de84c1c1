"""The story of `make report`: eight weeks of the sample system, told in commits."""
