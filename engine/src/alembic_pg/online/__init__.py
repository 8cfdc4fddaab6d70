"""Run revisions beside traffic: each statement by the strategy that stops nobody."""
