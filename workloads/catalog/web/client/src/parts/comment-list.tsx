import type { Comment } from '../api/model.ts';
import type { Write } from '../state/write.ts';
import { useNow } from './use-now.ts';
import { toMoment } from './words.ts';
import { WriteStatus } from './write-status.tsx';

interface CommentListProps {
  comments: readonly Comment[];
  /** The visitor's own, which the server does not list yet. */
  own: readonly Write[];
  onTakeBack: (write: Write) => void;
}

export function CommentList({ comments, own, onTakeBack }: CommentListProps) {
  const now = useNow();
  return (
    <ol className="comment-list">
      {own.map((write) =>
        write.content.kind === 'comment' ? (
          <li key={write.key} className="comment is-own">
            <CommentHead author={write.content.authorName} time={write.createdAt} now={now} />
            <p className="comment-text">{write.content.text}</p>
            <WriteStatus write={write} onTakeBack={() => onTakeBack(write)} />
          </li>
        ) : null,
      )}
      {comments.map((comment) => (
        <li key={comment.id} className="comment">
          <CommentHead author={comment.authorName} time={comment.creationDate} now={now} />
          <p className="comment-text">{comment.text}</p>
        </li>
      ))}
    </ol>
  );
}

function CommentHead({ author, time, now }: { author: string; time: string; now: number }) {
  const initial = Array.from(author.trim())[0]?.toUpperCase() ?? '?';
  return (
    <div className="comment-head">
      <span className="comment-initial" aria-hidden="true">
        {initial}
      </span>
      <div>
        <h3 className="comment-author">{author}</h3>
        <time dateTime={time} title={time}>
          {toMoment(time, now)}
        </time>
      </div>
    </div>
  );
}
