import { Link } from 'wouter';

export function NotFoundPage() {
  return (
    <section>
      <h2>There is no such page</h2>
      <p>
        <Link href="/">Go to the map</Link>
      </p>
    </section>
  );
}
