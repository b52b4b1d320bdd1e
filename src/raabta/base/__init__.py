"""What are the units, times, bodies, frames, tables and errors?"""
