/** The projects that `init` makes, by their folders in `examples`. */
export const TEMPLATES = ["worker-d1", "worker-turso", "node-file", "own-batch", "service-binding"] as const;
