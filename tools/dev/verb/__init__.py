"""One module for each verb that does more than set up, each with a main(arguments) -> exit code."""
