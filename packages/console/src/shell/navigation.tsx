import { Link, useLocation } from 'wouter';
import classes from './shell.module.css';

const pages = [
  { href: '/', label: 'Map' },
  { href: '/events', label: 'Events' },
] as const;

export function Navigation() {
  const [location] = useLocation();
  return (
    <nav className={classes.navigation} aria-label="Pages">
      <ul>
        {pages.map(({ href, label }) => (
          <li key={href}>
            <Link href={href} aria-current={location === href ? 'page' : undefined}>
              {label}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
