"""The Docker engine through its SDK: which one answers, and its images. Builds: buildkit/."""
