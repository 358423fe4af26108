"""Shouwang 守望: watches over the rural low-income population and acts early."""
