"""The Docker engine: which one answers, its images and containers. Builds go through buildkit/."""
