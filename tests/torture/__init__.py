"""Workers killed at random under load; at the end every pull request must be in order."""
