"""Dice, coins and chance."""
