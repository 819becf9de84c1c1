"""Parts of text formats: tables of scenarios, of comparisons, and Dockerfiles with prices."""
