/** Tasks that say themselves how long they are kept. */
export interface LifetimeStorage {
  /**
   * Removes tasks whose own `resultTtl` is over, with their results: at most 1,000.
   *
   * @returns how many went, and whether there are more
   */
  purgeOutlived(now: number): Promise<{ readonly purged: number; readonly more: boolean }>;
}
