def audit(program, folder): pass
