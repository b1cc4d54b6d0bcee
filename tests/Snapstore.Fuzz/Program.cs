using Snapstore.Fuzz;

return FuzzCommand.Run(args);
