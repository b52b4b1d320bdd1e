"""How much does one link carry?"""
