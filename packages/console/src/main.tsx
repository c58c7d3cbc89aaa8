/* oxlint-disable import/no-unassigned-import -- style sheets have nothing to assign */
import '@mantine/core/styles.layer.css';
import './look/tokens.css';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root.');
createRoot(root).render(<App />);
