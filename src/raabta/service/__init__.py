"""What do people get?"""
