"""What do the links carry together?"""
