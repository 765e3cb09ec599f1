"""The optional summary by a language model: what is sent, what may come back, what it may cost.

Nothing here knows a vendor (`bot/advisor.py` does), and nothing here can change a verdict: a
summary is made of a finished report, and all that comes out of it is text.
"""
