"""What people are told elsewhere: alerts to webhooks, comments of pull requests."""
