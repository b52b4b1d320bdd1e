"""Where is everything?"""
