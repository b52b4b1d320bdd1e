"""What does a rover, a lunar satellite, a crew get? One model of a mission, a module for each question."""
