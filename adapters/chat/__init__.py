"""The task chat: one call of a model, in whichever protocol it is asked."""
