throw new Error('this version never works');
