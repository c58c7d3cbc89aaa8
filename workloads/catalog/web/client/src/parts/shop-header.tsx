import { Link, useLocation } from 'wouter';

export function ShopHeader() {
  const [path] = useLocation();
  return (
    <header className="shop-header">
      <div className="shop-header-row">
        <Link href="/" className="brand" aria-label="Hearth & Trail, home">
          <BrandMark />
          <span aria-hidden="true">
            Hearth <span className="brand-and">&amp;</span> Trail
          </span>
        </Link>
        <nav aria-label="Main">
          <Link href="/" className="nav-link" aria-current={path === '/' ? 'page' : undefined}>
            Home
          </Link>
          <Link
            href="/catalog"
            className="nav-link"
            aria-current={path === '/catalog' ? 'page' : path.startsWith('/catalog/') || undefined}
          >
            Catalog
          </Link>
        </nav>
      </div>
    </header>
  );
}

function BrandMark() {
  return (
    <svg className="brand-mark" viewBox="0 0 64 64" aria-hidden="true" focusable="false">
      <rect width="64" height="64" rx="18" className="mark-ground" />
      <path d="M10 47 26 21l9 14 5-8 14 20z" className="mark-hill" />
      <path d="M21 47c0-7 5-9 5-14 4 4 7 8 7 14z" className="mark-fire" />
      <circle cx="46" cy="18" r="5" className="mark-sun" />
    </svg>
  );
}
