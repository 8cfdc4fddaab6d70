"""Keep the ledger of a history: a line for each revision, with the state before and after it."""
