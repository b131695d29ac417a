/** A name that is cut where it is long; whole for who asks. */
export function Name({ of: name }: { of: string }) {
  return (
    <span class="name" title={name}>
      {name}
    </span>
  );
}
