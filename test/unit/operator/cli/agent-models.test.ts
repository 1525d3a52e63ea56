import { expect } from 'chai';
import { modelsOf } from '../../../../operator/cli/agent.ts';

describe('the models of the agent', () => {
  it('are those that the environment has keys for, Gemini first', () => {
    expect(modelsOf({}, undefined)).to.deep.equal([]);
    const env = { GOOGLE_API_KEY: 'k', GEMINI_MODEL: 'gemini-x', OPENAI_API_KEY: 'k' };
    expect(modelsOf(env, 'gpt')).to.deep.equal([{ gemini: { model: 'gemini-x' } }, { openAI: {} }]);
    expect(modelsOf({ GOOGLE_API_KEY: 'k' }, undefined)).to.deep.equal([{ gemini: {} }]);
  });

  it('are refused when one could only fail', () => {
    for (const name of ['OPENAI_API_KEY', 'OPENAI_BASE_URL']) {
      expect(() => modelsOf({ [name]: 'http://llm' }, undefined)).to.throw('set OPENAI_MODEL too');
    }
  });
});
