import { useState } from 'react';
import type { Item } from '../api/model.ts';

interface PictureProps {
  item: Item;
  /** The first pictures of a page are fetched at once, the others when they come near. */
  isEager?: boolean;
}

/** An item's picture in a fixed frame, so that nothing moves when it arrives; a drawn stand-in when it does not. */
export function Picture({ item, isEager = false }: PictureProps) {
  const [failedPath, setFailedPath] = useState<string | null>(null);
  if (item.imagePath === null || item.imagePath === failedPath) return <StandIn name={item.name} />;
  return (
    <div className="picture">
      <img
        src={item.imagePath}
        alt={item.name}
        width={800}
        height={600}
        loading={isEager ? 'eager' : 'lazy'}
        decoding="async"
        onError={() => setFailedPath(item.imagePath)}
      />
    </div>
  );
}

function StandIn({ name }: { name: string }) {
  return (
    <div className="picture picture-stand-in">
      <svg viewBox="0 0 80 60" aria-hidden="true" focusable="false">
        <path d="M12 46 32 18l12 16 7-9 17 21z" />
        <circle cx="58" cy="17" r="5" />
      </svg>
      <p className="visually-hidden">No picture of {name}</p>
    </div>
  );
}
