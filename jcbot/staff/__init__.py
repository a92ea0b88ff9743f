"""The office's staff: their accounts, signing in, and what each may do (工作人员)."""
