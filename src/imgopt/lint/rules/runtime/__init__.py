"""IMG6: how the image behaves when it runs: user, process, secrets, health."""
