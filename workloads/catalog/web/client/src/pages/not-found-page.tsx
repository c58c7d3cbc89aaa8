import { Link } from 'wouter';
import { HeroScene } from '../parts/hero-scene.tsx';
import { useTitle } from '../parts/use-title.ts';

export function NotFoundPage() {
  useTitle('Page not found');
  return (
    <div className="page message-page">
      <HeroScene />
      <h1>This trail ends here</h1>
      <p>There is no page at this address. It may have moved, or the link has a slip in it.</p>
      <Link href="/catalog" className="button">
        Go to the catalog
      </Link>
    </div>
  );
}
