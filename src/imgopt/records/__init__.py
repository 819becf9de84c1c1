"""The data that flows between the rooms: what one build and one image were. Pure."""
