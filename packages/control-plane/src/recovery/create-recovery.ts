import { createReadinessController, type ReadinessContext } from './readiness-controller.ts';
import { createRecoveryBoard, type RecoveryBoardContext } from './recovery-board.ts';

/** What lets another region write: whether it could, and the orders. */
export function createRecovery(context: RecoveryBoardContext & ReadinessContext) {
  return { recovery: createRecoveryBoard(context), readiness: createReadinessController(context) };
}
