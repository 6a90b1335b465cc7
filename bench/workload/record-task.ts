import { recordWorkload, type RecordTask, type Workload } from './records.js';
import { makeTransactions } from './transactions.js';

/** Records a workload; a process of its own runs it. */
export default function record({ shape, encoding }: RecordTask): Promise<Workload> {
  return recordWorkload(makeTransactions(shape), encoding);
}
