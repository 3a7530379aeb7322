"""Captures of SIP calls with RTP, made from nothing, and the truth about what they hold."""
