import { useRef, useState } from 'react';
import { findOwnComments } from '../state/own-writes.ts';
import type { Write } from '../state/write.ts';
import { useComments } from '../state/queries.ts';
import { outbox } from '../state/shop.ts';
import { useStore } from '../state/store.ts';
import { CommentForm } from './comment-form.tsx';
import { CommentList } from './comment-list.tsx';
import { ErrorPanel, StaleNotice } from './error-panel.tsx';

const firstLimit = 10;
const limitStep = 20;
const limitMax = 90;

export function CommentSection({ itemId }: { itemId: string }) {
  const [draft, setDraft] = useState('');
  const textField = useRef<HTMLTextAreaElement>(null);
  const takeBack = (write: Write) => {
    if (write.content.kind === 'comment') setDraft(write.content.text);
    outbox.drop(write.key);
    textField.current?.focus();
  };
  return (
    <section className="comments" aria-labelledby="comments-title">
      <h2 id="comments-title">What people say</h2>
      <div className="comments-columns">
        <Comments itemId={itemId} onTakeBack={takeBack} />
        <CommentForm itemId={itemId} text={draft} onText={setDraft} textField={textField} />
      </div>
    </section>
  );
}

function Comments({ itemId, onTakeBack }: { itemId: string; onTakeBack: (write: Write) => void }) {
  const [limit, setLimit] = useState(firstLimit);
  const query = useComments(itemId, limit);
  const comments = query.data ?? [];
  const own = findOwnComments(useStore(outbox.writes), itemId, comments);
  const failure = { error: query.error, onRetry: () => void query.refetch(), isRetrying: query.isFetching };
  const mayHaveMore = comments.length >= limit && limit < limitMax;
  return (
    <div aria-busy={query.isPending}>
      {query.isError && query.data && <StaleNotice {...failure} />}
      {query.isError && !query.data && <ErrorPanel title="We could not load the comments" {...failure} />}
      {query.isPending && <CommentSkeletons />}
      {query.isSuccess && comments.length + own.length === 0 && (
        <p className="empty-state">No comments yet. Be the first to say something.</p>
      )}
      <CommentList comments={comments} own={own} onTakeBack={onTakeBack} />
      {mayHaveMore && (
        <button
          type="button"
          className="button-quiet"
          onClick={() => setLimit(limit + limitStep)}
          disabled={query.isFetching}
        >
          Show more comments
        </button>
      )}
    </div>
  );
}

function CommentSkeletons() {
  return (
    <div className="comment-list" aria-hidden="true">
      {[1, 2].map((number) => (
        <div key={number} className="comment">
          <span className="skeleton skeleton-line skeleton-short" />
          <span className="skeleton skeleton-line" />
        </div>
      ))}
    </div>
  );
}
