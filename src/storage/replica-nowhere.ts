/** In a Worker's bundle, which has no file system and so no embedded replica: there is nothing to remove. */
export function removeReplica(): void {}
